#pragma once

#include <vector>

#include "pauca/screening/criterion.hpp"

namespace pauca::screening {

/// A continuous variable on a grid: linear binning, then an Epanechnikov kernel of half-width `radius` cells at most.
///
/// The kernel's half-width is 2.2138 h, the width at which it smooths as much as a normal kernel with standard
/// deviation h; h = sigma n^{-1/6} beside another continuous variable, 1.06 sigma n^{-1/5} beside a discrete one
/// (0.9 with the Silverman rule). The grid covers the sample, cut at six scales from the centre, plus the kernel, so
/// that no mass is lost.
struct GridAxis {
  double origin = 0.0, cells_per_unit = 0.0, last = 0.0;
  int radius = 0;
  std::vector<float> kernel;  // 2 radius + 1 weights, sum 1
  bool constant = true;

  /// Cell and share of the next cell of a value.
  int locate(double v, float& share) const {
    double t = (v - origin) * cells_per_unit;
    t = t < radius ? radius : (t > last ? last : t);
    int cell = static_cast<int>(t);
    if (cell == static_cast<int>(last)) --cell;
    share = static_cast<float>(t - cell);
    return cell;
  }
};

GridAxis make_axis(const Options& options, const double* v, Index n, bool beside_discrete, std::vector<double>& work);

/// h of the improved Sheather-Jones rule (Botev, Grotowski and Kroese 2010), in units of the variable.
double improved_sheather_jones(const double* v, Index n, double low, double high);

/// Mutual information of a product-kernel density estimate on a grid,
///
///   I = sum_uv p_uv log(p_uv / (p_u p_v)),   p_uv = 1/n sum_i K_u(x_i) L_v(y_i),
///
/// with marginals of the same estimate, so that I >= 0. The smoothed rows L(y_i) are kept; a feature costs n short
/// rows, one banded convolution and G^2 logarithms. Discrete variables have one cell a level and no smoothing.
/// Under independence I exceeds 0 by (R_x - 1)(R_y - 1) / (2 n) to first order, where R = sum_u E[K_u^2] / E[K_u] is
/// the number of cells that the kernel leaves distinguishable.
class KernelInformation final : public Criterion {
 public:
  KernelInformation(const Options& options, const Sample& y);
  double score(const Sample& x, Scratch& scratch) const override;

 private:
  /// The target's side: row i has `width` numbers from cell start[i] on.
  struct Rows {
    bool constant = true;
    int width = 0, stride = 0;
    std::vector<int> start;
    std::vector<float> weight;
    double entropy = 0.0, resolution = 1.0;
  };

  Rows smooth(const double* v, bool beside_discrete) const;
  static double resolution(const Rows& rows, Index n);
  static double kernel_resolution(const GridAxis& axis, int cells, const Sample& x, Scratch& scratch);

  Options options_;
  Index n_;
  std::vector<int> code_;
  int levels_;
  Rows beside_continuous_, beside_discrete_;
};

}  // namespace pauca::screening
