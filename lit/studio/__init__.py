"""The studio in the browser: shell/ is the application around the tabs, work/ draws, tabs/ holds a folder a tab."""
