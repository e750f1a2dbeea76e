#pragma once

#include <memory>

#include "pauca/screening/options.hpp"
#include "pauca/screening/sample.hpp"

namespace pauca::screening {

/// How strongly a variable depends on the target, which is prepared once.
class Criterion {
 public:
  virtual ~Criterion() = default;
  virtual double score(const Sample& x, Scratch& scratch) const = 0;
};

std::unique_ptr<Criterion> make_criterion(const Options& options, const Sample& y);

/// Turns a plug-in information and its first-order bias into the score asked for.
double finish(double information, double bias, double entropy_x, double entropy_y, const Options& options);

/// Mutual information of a table of counts (rows: x, columns: y), with the Miller-Madow bias (r - 1)(c - 1) / (2 n).
double table_information(const int* code_x, int levels_x, const int* code_y, int levels_y, Index n,
                         const Options& options, Scratch& scratch);

}  // namespace pauca::screening
