from subsidies.admin import budgets, claims, money, other_subsidies, recoveries

__all__ = ["budgets", "claims", "money", "other_subsidies", "recoveries"]
