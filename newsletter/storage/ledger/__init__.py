"""The statements behind `storage.deliveries`, one stage of a sending in each module.

Nobody but storage calls them.
"""
