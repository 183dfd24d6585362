#include <thread>

void PlantedThread() {
  std::thread([] {}).join();
}
