"""Pages in a browser: these tests skip where playwright or chromium is not there (see `.ci/run`)."""
