#include <iostream>

#include "varve/rm_store.h"

int main(int, char** argv) {
  varve::Options options{.journal = argv[1]};
  auto store = varve::RmStore::open(options, {});
  if (!store) return std::cerr << store.error().text() << "\n", 1;
  return (*store)->store_application({.id = {1, 1}, .user = "newcomer"}).get() ? 0 : 1;
}
