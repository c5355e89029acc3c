<?php
// The settings of a WordPress of the tests' own: deploy/services/wordpress fills in what stands between @.
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:@DIR@/database/socket');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $name) {
    define($name, hash('sha256', $name . '@DIR@'));
}
$table_prefix = 'wp_';
define('WP_HOME', 'http://127.0.0.1:@PORT@');
define('WP_SITEURL', WP_HOME);
define('WP_CONTENT_DIR', '@DIR@/content');
define('WP_CONTENT_URL', WP_HOME . '/wp-content');
defined('ABSPATH') || define('ABSPATH', '@MADE@/usr/share/wordpress/');
// Application passwords without TLS, as WordPress allows on a machine of one's own.
define('WP_ENVIRONMENT_TYPE', 'local');
// It asks nobody outside, changes no code of its own and sends no mail.
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISALLOW_FILE_MODS', true);
define('DISABLE_WP_CRON', true);
function wp_mail() {
    return true;
}
