"""The studio under load and under faults, looked at from outside: started as a process, asked over HTTP, and judged by
what it answered and by the files that it left."""
