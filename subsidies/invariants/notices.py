"""Public notices: nothing goes past one, and what was published is what stands in the rows."""

from typing import Final

from chongqing_dte.foundation.sentences import gettext_lazy as _
from subsidies.invariants.kinds import Invariant

NOTICE_INVARIANTS: Final = (
    Invariant(
        "money_left_after_its_notice",
        _(
            "Where the policy asks for a public notice, nothing is ready to be paid or instructed before one was "
            "closed."
        ),
        """
        SELECT payment.id FROM subsidies_payment payment
        WHERE payment.notice_working_days > 0
          AND (payment.status NOT IN ('TO_NOTICE', 'ON_NOTICE', 'CANCELLED')
               OR EXISTS (SELECT 1 FROM subsidies_paymentattempt attempt WHERE attempt.payment_id = payment.id))
          AND NOT EXISTS (
              SELECT 1 FROM subsidies_noticeline line
              JOIN subsidies_publicnotice notice ON notice.id = line.notice_id
              WHERE line.payment_id = payment.id AND notice.closed_at IS NOT NULL)
        """,
    ),
    Invariant(
        "notice_closed_after_its_last_day",
        _(
            "A notice is open until its last day is over, and a batch with something from it is of a later day."
        ),
        """
        SELECT notice.id FROM subsidies_publicnotice notice
        WHERE (notice.closed_at AT TIME ZONE 'Asia/Shanghai')::date <= notice.closes_on
        UNION
        SELECT notice.id FROM subsidies_publicnotice notice
        JOIN subsidies_noticeline line ON line.notice_id = notice.id
        JOIN subsidies_paymentattempt attempt ON attempt.payment_id = line.payment_id
        JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id
        WHERE (batch.assembled_at AT TIME ZONE 'Asia/Shanghai')::date <= notice.closes_on
        """,
    ),
    Invariant(
        "payment_on_notice_has_its_line",
        _("A payment is on a notice exactly when a line says so, and waits for one exactly when none does."),
        """
        SELECT payment.id FROM subsidies_payment payment
        LEFT JOIN subsidies_noticeline line ON line.payment_id = payment.id
        WHERE (payment.status = 'ON_NOTICE' AND line.id IS NULL)
           OR (payment.status = 'TO_NOTICE' AND line.id IS NOT NULL)
        """,
    ),
    Invariant(
        "notice_hash_is_of_its_content",
        _("A notice's hash is that of its content."),
        """
        SELECT notice.id FROM subsidies_publicnotice notice
        WHERE notice.sha256 <> encode(sha256(convert_to(notice.content, 'UTF8')), 'hex')
        """,
    ),
    Invariant(
        "notice_content_is_its_lines",
        _("What was published is what the lines and their payments say, line by line and in sum."),
        """
        SELECT notice.id FROM subsidies_publicnotice notice
        LEFT JOIN LATERAL (
            SELECT count(*) AS lines, coalesce(sum(payment.amount), 0) AS total,
                   string_agg(line.line_number || '|' || line.masked_name || '|' || line.id_ending
                              || '|' || payment.amount, ';' ORDER BY line.line_number) AS said
            FROM subsidies_noticeline line
            JOIN subsidies_payment payment ON payment.id = line.payment_id
            WHERE line.notice_id = notice.id
        ) kept ON true
        LEFT JOIN LATERAL (
            SELECT string_agg(published.line || '|' || published.name || '|' || published.id_ending
                              || '|' || published.amount, ';' ORDER BY published.line) AS said
            FROM jsonb_to_recordset(notice.content::jsonb -> 'lines')
                 AS published(line integer, name text, id_ending text, amount text)
        ) published ON true
        WHERE kept.lines <> notice.line_count OR kept.total <> notice.total
           OR kept.said IS DISTINCT FROM published.said
        """,
    ),
    Invariant(
        "objection_is_against_its_line",
        _("An objection to a line of a notice is against the decision that the line is about."),
        """
        SELECT objection.id FROM subsidies_objection objection
        JOIN subsidies_noticeline line ON line.id = objection.notice_line_id
        JOIN subsidies_payment payment ON payment.id = line.payment_id
        WHERE payment.entitlement_id IS DISTINCT FROM objection.entitlement_id
           OR payment.claim_id IS DISTINCT FROM objection.claim_id
        """,
    ),
)
