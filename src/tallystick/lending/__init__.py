"""The trade of lending: programme, application, risk grade, offer and repayment schedule; pure and exact."""
