// The resource manager whose files stand in tests/golden: what it stored, in order.
#pragma once

#include <string>
#include <vector>

#include "varve/rm_store.h"

namespace varve::testing {

// `data`: the directory that holds "journal" and "images". Segments are small.
Options golden_options(const std::string& data);

// Everything up to the image, and everything behind it. One of each operation at least, but delete_store.
std::vector<rm::Transaction> golden_transactions_before_image();
std::vector<rm::Transaction> golden_transactions_behind_image();

// One that the golden files do not hold.
rm::Application another_application();

}  // namespace varve::testing
