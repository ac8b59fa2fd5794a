"""Hand a publication over: everything in one file behind a passphrase, and out of it again elsewhere."""
