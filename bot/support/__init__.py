"""Support at work: who may do what, when somebody is on duty, how soon a ticket needs an answer."""
