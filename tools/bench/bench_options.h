// What the benchmarks have in common.
#pragma once

#include <string>

#include "varve/engine.h"

namespace varve {

// A journal in `directory`/journal, images in `directory`/images, no checkpoint unless asked for; errors go to standard error.
// `directory` is made absolute and created when its parent exists.
Options bench_options(const std::string& directory);

std::string journal_directory(const Options& options);

// Waits until this process writes nothing any more: what is prepared in the background is ready.
void wait_for_quiet_disk();

}  // namespace varve
