"""What passes between the stages. Nothing here touches Excel, disk, clock or network."""
