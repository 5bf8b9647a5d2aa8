"""What makes the documentation: its site, its pictures. No part of the package."""
