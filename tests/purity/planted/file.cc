#include <fstream>
#include <string>

std::string PlantedFile() {
  std::ifstream in("/etc/hostname");
  std::string line;
  std::getline(in, line);
  return line;
}
