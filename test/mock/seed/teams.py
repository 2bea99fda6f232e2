"""Teams."""
from seed.names import Collection

TEAMS = [
    ("team_analytics", "Analytics", "Reports & models", "Account Analyst"),
    ("team_platform", "Platform", "Runs the warehouse", "Account Administrator"),
    ("team_finance", "Finance", None, "Account Reviewer"),
    ("team_marketing", "Marketing", "Größe – 北京", "Account Reviewer"),
    ("team_sales", "Sales", "", None),
    ("team_support", "Support", "Second level", "Données – lecture"),
    ("team_audit", "Audit", "Outside auditors", "Account Reviewer"),
    ("team_empty", "Nobody", "Has neither users nor memberships", None),
]

COLLECTIONS = {"teams": Collection("NotFound_Team", "team", [
    {"id": i, "name": name, "description": description, "role": role}
    for i, name, description, role in TEAMS])}
