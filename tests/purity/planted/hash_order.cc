#include <string>
#include <unordered_map>

// Which of two names comes first is up to the library's hash function.
std::string PlantedHashOrder(const std::string& left, const std::string& right) {
  std::unordered_map<std::string, int> names;
  names[left] = 1;
  names[right] = 2;
  return names.begin()->first;
}
