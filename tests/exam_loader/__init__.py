"""The loader's exam: spreadsheets as other people's tools write them, damaged at random places, with the truth known."""
