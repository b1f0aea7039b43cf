"""What is asked and how it is weighed: stored rubrics and tables, and switching to another one."""
