#include <random>

unsigned PlantedRandom() { return std::random_device()(); }
