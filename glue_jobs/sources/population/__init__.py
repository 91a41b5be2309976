"""The US population, as the Census' estimates say, through the DataUSA API."""
