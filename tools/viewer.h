// One run of a viewer: the outside world, where its lines go, and what went wrong so far.
// Threads: the event loop's.
#pragma once

#include <string>
#include <string_view>

#include "base/seams.h"
#include "tools/output.h"
#include "tools/view_options.h"

namespace varve {

class Viewer {
 public:
  Viewer(Seams seams, const ViewOptions& options, StandardOutput& out, StandardOutput& problems)
      : seams_(seams), options_(options), out_(out), problems_(problems) {}

  Seams seams() const { return seams_; }
  const ViewOptions& options() const { return options_; }
  TextSink& out() { return out_; }
  // Nobody reads any more: stop.
  bool done() const { return out_.closed(); }

  // One line about something that is wrong; the exit status tells of it.
  void problem(const Error& error) { problem(error.text()); }
  void problem(std::string_view text);
  // One line about something to know that is not wrong.
  void note(std::string_view text);
  // A line that is rewritten in place while long work goes on; nothing where standard error is no terminal. An empty text removes it.
  void progress(std::string_view text);

  int exit_status() const { return failed_ ? kExitFailed : kExitFine; }

 private:
  void say(std::string_view text);

  Seams seams_;
  const ViewOptions& options_;
  StandardOutput& out_;
  StandardOutput& problems_;
  bool failed_ = false;
  bool shows_progress_ = false;
};

}  // namespace varve
