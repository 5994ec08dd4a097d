"""What a run leaves behind, nothing of it lost: the journal and its lock, keys, files, costs, sessions, batches.

What enters knows records as plain mappings, and nothing of benchmarks, models or judges.
"""

from mabench_eval.journal.batches import (
    PROVIDER_ID,
    Batches,
    BatchRecord,
    BatchRequest,
    adopt_batches,
    read_batches,
    read_requests,
    set_batches_aside,
)
from mabench_eval.journal.costs import COSTS, MODEL, Budget, Price, total_cost, usage_of
from mabench_eval.journal.digests import file_digest
from mabench_eval.journal.files import (
    copy_file,
    open_appending,
    open_log,
    replacing_folder,
    user_cache,
    write_bytes,
    write_json,
    write_json_lines,
    write_problem,
    write_remedy,
    write_text,
)
from mabench_eval.journal.journal import FILE, Journal, read_journal
from mabench_eval.journal.keys import canonical_json, fingerprint
from mabench_eval.journal.kinds import record_problem
from mabench_eval.journal.lock import is_written
from mabench_eval.journal.progress import Progress, Silent
from mabench_eval.journal.records import Record, Records, RecordTable
from mabench_eval.journal.sessions import answering_session, judging_session, session_end

__all__ = [
    "COSTS",
    "FILE",
    "MODEL",
    "PROVIDER_ID",
    "BatchRecord",
    "BatchRequest",
    "Batches",
    "Budget",
    "Journal",
    "Price",
    "Progress",
    "Record",
    "RecordTable",
    "Records",
    "Silent",
    "adopt_batches",
    "answering_session",
    "canonical_json",
    "copy_file",
    "file_digest",
    "fingerprint",
    "is_written",
    "judging_session",
    "open_appending",
    "open_log",
    "read_batches",
    "read_journal",
    "read_requests",
    "record_problem",
    "replacing_folder",
    "session_end",
    "set_batches_aside",
    "total_cost",
    "usage_of",
    "user_cache",
    "write_bytes",
    "write_json",
    "write_json_lines",
    "write_problem",
    "write_remedy",
    "write_text",
]
