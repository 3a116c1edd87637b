from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def grouped(count: int) -> str:
    """Return a whole number with a comma between thousands."""
    return f"{count:,}"


@register.filter
def yuan(amount: Decimal) -> str:
    """Return an amount of money as ¥1,234.50."""
    return f"¥{amount:,.2f}"
