# Golden results of R's glmnet on ncvreg_data.csv: Rscript make_glmnet.R > glmnet.json
suppressPackageStartupMessages(library(glmnet))
data <- read.csv("ncvreg_data.csv")
X <- as.matrix(data[, grep("^x", names(data))])
number <- function(v) paste0("[", paste(formatC(v, digits = 15, format = "g", width = 1), collapse = ", "), "]")
factor <- rep(c(1, 2, 0.5), 10)
fit <- function(...) glmnet(X, ..., thresh = 1e-16, maxit = 1e7)
cases <- list(
  lasso = coef(fit(data$gaussian, lambda = 0.2)),
  elastic_net = coef(fit(data$gaussian, lambda = 0.2, alpha = 0.5)),
  logistic = coef(fit(data$binomial, family = "binomial", lambda = 0.05)),
  poisson = coef(fit(data$poisson, family = "poisson", lambda = 0.2)),
  penalty_factor = coef(fit(data$gaussian, lambda = 0.2, penalty.factor = factor)),
  relaxed = coef(fit(data$gaussian, relax = TRUE, lambda = c(0.5, 0.2, 0.1)), s = 0.2, gamma = 0.3))
rows <- sapply(names(cases), function(k) sprintf('"%s": %s', k, number(as.numeric(cases[[k]]))))
cat(sprintf('{"made by": "glmnet %s, %s",\n%s}\n', packageVersion("glmnet"), R.version.string,
            paste(rows, collapse = ",\n")))
