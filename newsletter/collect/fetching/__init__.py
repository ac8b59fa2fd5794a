"""How bytes come in: from the public internet, and from files of this machine. Door: `fetch`."""
