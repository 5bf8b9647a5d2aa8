"""What to build first under a budget: candidates, who they serve, the joint plan, its check."""
