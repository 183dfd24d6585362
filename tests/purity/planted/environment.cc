#include <cstdlib>

const char* PlantedEnvironment() { return std::getenv("HOME"); }
