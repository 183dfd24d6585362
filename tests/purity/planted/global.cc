// A second simulation in the same process would go on counting where the first one ended.
int PlantedGlobal() {
  static int calls = 0;
  return ++calls;
}
