// write_seeds DIR: the seeds of each fuzzer, in a directory of its own below DIR.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/seeds.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_seeds DIR\n";
    return 2;
  }
  for (const auto& entry : varve::fuzz::entry_points()) {
    const std::filesystem::path directory = std::filesystem::path(argv[1]) / entry.name;
    std::filesystem::create_directories(directory);
    int number = 0;
    for (const std::string& seed : varve::fuzz::seeds_of(entry.name)) {
      std::ofstream file(directory / ("golden-" + std::to_string(++number)), std::ios::binary);
      if (!(file << seed)) {
        std::cerr << "write_seeds: cannot write to " << directory << "\n";
        return 1;
      }
    }
  }
  return 0;
}
