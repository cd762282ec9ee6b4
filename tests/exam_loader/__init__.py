"""The loader's exam: sheets as other people's tools write them, damaged at random places, with the truth known."""
