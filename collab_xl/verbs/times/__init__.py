"""What day, week or moment a verb works on."""
