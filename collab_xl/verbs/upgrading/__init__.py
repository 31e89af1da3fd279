"""What an older master lacks, and fields of one's own."""
