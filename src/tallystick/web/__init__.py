"""The web front door: pages for applicants, officers and operators, in English and Chinese."""
