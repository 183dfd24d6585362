#include <unistd.h>

void PlantedSleep() { usleep(1); }
