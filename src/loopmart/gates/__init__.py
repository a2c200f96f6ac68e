"""Gates: named rules that stop the flow after landing, staging and marts."""
