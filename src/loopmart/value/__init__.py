"""Predicted value of customers: how often they will buy, what they will spend, and whether the model may say so."""
