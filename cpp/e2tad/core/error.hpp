#pragma once
#include <stdexcept>
#include <string>

namespace e2tad {

/// A file or value from the user that can't be used. The message is one line: what, where (file, line or
/// field), and what was expected. Python: `e2tad.InputError`, a `ValueError`; the command line exits with 2.
class InputError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A configuration key that is unknown, of the wrong type or out of range. The message starts with the
/// key's path (`/association/gate: ...`). Python: `e2tad.ConfigError`, an `InputError`.
class ConfigError : public InputError {
  public:
    using InputError::InputError;
};

}  // namespace e2tad
