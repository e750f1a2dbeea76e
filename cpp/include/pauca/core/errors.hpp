#pragma once

#include <stdexcept>
#include <string>

namespace pauca {

/// Misuse is an exception (ValueError in Python); lack of convergence never is: see Status.
inline void require(bool ok, const char* message) {
  if (!ok) throw std::invalid_argument(message);
}
inline void require(bool ok, const std::string& message) {
  if (!ok) throw std::invalid_argument(message);
}

}  // namespace pauca
