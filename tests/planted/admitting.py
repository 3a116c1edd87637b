"""Who gets into the API: nobody with what was taken from them, from elsewhere, or for more than they were given."""

from typing import Final

from tests.planted.kinds import Rewritten

OPENS: Final = "tests/partners/test_partner_authentication.py::test_"
CLIENTS: Final = "tests/partners/test_clients.py::test_"
NOT_ADMITTED: Final = f"{OPENS}live_token_of_a_client_that_is_not_admitted_opens_nothing"

ADMITTING: Final = (
    Rewritten(
        name="network_not_asked",
        bug="a client is answered from any network",
        module="partners.policies",
        text="        and _is_within(caller, client.allowed_networks)\n",
        instead="",
        test=f"{NOT_ADMITTED}[fields2]",
    ),
    Rewritten(
        name="certificate_not_asked",
        bug="a client is answered without its certificate",
        module="partners.policies",
        text='        and client.certificate_sha256 in ("", caller.certificate_sha256)\n',
        instead="",
        test=f"{NOT_ADMITTED}[fields3]",
    ),
    Rewritten(
        name="revoked_client_answered",
        bug="a revoked client is answered as before",
        module="partners.policies",
        text="        client.revoked_at is None\n        and",
        instead="       ",
        test=f"{NOT_ADMITTED}[fields0]",
    ),
    Rewritten(
        name="scopes_of_old_tokens",
        bug="a token keeps the scopes that were taken from its client",
        module="partners.rest.permissions",
        text=" & set(partner_of(request).scopes)",
        instead="",
        test=f"{OPENS}scope_that_was_taken_from_the_client_is_gone_from_its_tokens",
    ),
    Rewritten(
        name="ended_token_opens",
        bug="a token opens after its end",
        module="partners.queries",
        text="token_checksum=checksum, expires__gt=now,",
        instead="token_checksum=checksum,",
        test=f"{OPENS}token_that_has_ended_opens_nothing",
    ),
    Rewritten(
        name="former_secret_for_ever",
        bug="the secret before the last one opens for ever",
        module="partners.models.client",
        text=" and now < self.former_secret_ends_at",
        instead="",
        test=f"{CLIENTS}former_secret_opens_until_the_overlap_is_over",
    ),
    Rewritten(
        name="scopes_of_any_role",
        bug="a client is given scopes that do not fit its office",
        module="partners.services.clients",
        text="not scopes or not scopes_of_role(role).issuperset(scopes)",
        instead="not scopes",
        test=f"{CLIENTS}limits_are_not_changed_to_scopes_of_other_offices",
    ),
    Rewritten(
        name="anybody_issues",
        bug="everybody gives systems access",
        module="partners.services.clients",
        text="    policies.check_can_keep_clients(issuer)\n",
        instead="",
        test=f"{CLIENTS}only_the_administrator_issues[DISTRICT_LEAD]",
    ),
)
