"""What people and machines read about a run: HTML, sequence diagrams, JUnit."""
