namespace jfs::net {
int Send(int bytes);
}

// A declaration of one's own instead of an include gets past the check of #include lines, not past
// this one.
int PlantedDriver() { return jfs::net::Send(1); }
