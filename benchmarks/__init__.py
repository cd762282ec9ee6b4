"""What syncjob costs beside other ways to do the same: `python -m benchmarks` writes `RESULTS.md`."""
