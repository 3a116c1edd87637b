"""What the banks have said, and what left for them."""

from typing import Final

from subsidies.invariants.kinds import Invariant

BANK_INVARIANTS: Final = (
    Invariant(
        "resolved_line_has_two_people",
        "A bank line that could not be applied is settled exactly when two people have agreed on what it means.",
        """
        SELECT line.id FROM subsidies_bankresultline line
        WHERE line.problem <> '' AND (line.resolved_at IS NOT NULL) <> EXISTS (
            SELECT 1 FROM subsidies_lineresolution resolution
            WHERE resolution.line_id = line.id AND resolution.status = 'APPROVED')
        UNION
        SELECT line.id FROM subsidies_bankresultline line
        WHERE line.problem = '' AND line.resolved_at IS NOT NULL
        """,
    ),
    Invariant(
        "what_was_handed_out_counts_as_sent",
        "A batch whose file anybody got a link to is being sent, or the bank has it.",
        """
        SELECT download.id FROM subsidies_batchdownload download
        JOIN subsidies_paymentbatch batch ON batch.id = download.batch_id
        WHERE batch.status IN ('ASSEMBLED', 'RELEASED', 'WITHDRAWN')
        """,
    ),
    Invariant(
        "applied_file_is_of_a_batch_that_left",
        "A result file is applied to a batch that was sent, and one that is set aside left no line.",
        """
        SELECT file.id FROM subsidies_bankresultfile file
        JOIN subsidies_paymentbatch batch ON batch.id = file.batch_id
        WHERE file.status = 'APPLIED' AND batch.status IN ('ASSEMBLED', 'RELEASED')
        UNION
        SELECT file.id FROM subsidies_bankresultfile file
        WHERE file.status <> 'APPLIED'
          AND EXISTS (SELECT 1 FROM subsidies_bankresultline line WHERE line.result_file_id = file.id)
        """,
    ),
)
