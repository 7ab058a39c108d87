"""What a run leaves behind: folder, trace file, pictures, and the pages of Robot Framework and JUnit."""
