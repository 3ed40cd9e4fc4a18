"""An invented school year, to look at the pages with, and to measure the hours log against."""
