#include <clocale>

const char* PlantedLocale() { return std::setlocale(LC_ALL, ""); }
