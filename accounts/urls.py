"""Routes of accounts: the versioned API, the calls for credentials (without a version), and the pages."""

from django.urls import path

from accounts import account_views, pages, password_pages, session_pages, session_views, views

urlpatterns = [
    path("accounts/", account_views.AccountListView.as_view(), name="accounts"),
    path("accounts/<id:user_id>/", account_views.AccountView.as_view(), name="account"),
]

rest_auth_urlpatterns = [
    path("registration/", views.RegistrationView.as_view(), name="registration"),
    path("registration/verify-email/", views.VerifyEmailView.as_view(), name="verify_email"),
    path("registration/resend-email/", views.ResendEmailView.as_view(), name="resend_email"),
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("sessions/", session_views.SignInsView.as_view(), name="sign_ins"),
    path("sessions/<str:sign_in_id>/", session_views.SignInView.as_view(), name="sign_in"),
    path("user/", views.OwnAccountView.as_view(), name="own_account"),
    path("password/change/", views.PasswordChangeView.as_view(), name="password_change"),
    path("password/reset/", views.PasswordResetView.as_view(), name="password_reset"),
    path("password/reset/confirm/", views.PasswordResetConfirmView.as_view(), name="rest_password_reset_confirm"),
]

token_urlpatterns = [
    path("api-token-auth/", views.TokenObtainView.as_view(), name="token_obtain"),
    path("api-token-refresh/", views.TokenRefreshView.as_view(), name="token_refresh"),
    path("api-token-verify/", views.TokenVerifyView.as_view(), name="token_verify"),
]

page_urlpatterns = [
    path("accounts/login/", pages.login, name="login"),
    path("accounts/logout/", pages.logout, name="logout"),
    path("accounts/signup/", pages.signup, name="signup"),
    path("accounts/me/", pages.account, name="account"),
    path("accounts/sessions/", session_pages.sign_ins, name="sessions"),
    path("accounts/email/", pages.email_resend, name="email_resend"),
    path("accounts/password/", password_pages.password_change, name="password_change"),
    path("accounts/password/forgotten/", password_pages.password_forgotten, name="password_forgotten"),
]
