"""Optional packages: which of them are missing here, and the one place that makes the command which installs them."""

from mabench_eval.packages.install import install_command, requirements
from mabench_eval.packages.missing import lacks, missing_modules, package_of

__all__ = ["install_command", "lacks", "missing_modules", "package_of", "requirements"]
