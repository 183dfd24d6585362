#include <sys/socket.h>

int PlantedSocket() { return socket(AF_INET, SOCK_STREAM, 0); }
